"""Results that others published: their files, values, and a page of their own."""
