"""A small real classifier: reads cost centres from invoice lines, and what a claim is about.

Trained at set-up on texts that the demo makes; its confidences are fitted on texts it has not seen.
"""
