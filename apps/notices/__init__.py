"""What people are told: in the page, by e-mail, by chat, by push."""
