"""A board or an explanation as one HTML file without network requests: data, scripts, and how they become one."""
