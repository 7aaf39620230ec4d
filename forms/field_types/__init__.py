"""Field types, one file each, named after their JSON `type`."""
