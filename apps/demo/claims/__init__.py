"""The second process of the demo: claims of customers, which come by e-mail with a PDF."""
