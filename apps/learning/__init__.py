"""What decisions teach: how sure AI may be, and rules that decide the same again."""
