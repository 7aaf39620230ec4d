"""Forms drafted from what people have already: a sheet, a JSON Schema."""
