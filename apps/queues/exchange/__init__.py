"""Items in and out as tables: uploads with a preview, templates, downloads of lists."""
