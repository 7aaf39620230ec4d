"""HTTP routers, one file per area; thin."""
