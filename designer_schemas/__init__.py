"""JSON Schema of every definition kind, generated from the models and committed beside this file."""
