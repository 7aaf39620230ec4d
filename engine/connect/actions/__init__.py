"""The actions that reach people and other systems, one file each."""
