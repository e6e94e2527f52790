"""Mail programs, by the HTML that they write: one file for each family."""
