"""What imports and exports have in common: the row of each, its folder, who acts."""
