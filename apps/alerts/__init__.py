"""What people are to know at once: rules, what fires, who takes it, who is told, and when."""
