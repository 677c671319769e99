"""A comparison of two runs drawn: blocks of text and tables, then one file a form."""
