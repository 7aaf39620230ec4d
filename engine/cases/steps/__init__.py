"""Steps that need nothing but the kernel."""
