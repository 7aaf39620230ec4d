"""Who may see and do what: grants of roles, compiled once."""
