"""Who acts: users, departments, roles, passwords and tokens."""
