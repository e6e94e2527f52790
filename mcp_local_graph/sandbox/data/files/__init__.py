"""Files of the demo tenant, made when they are first asked for: the same bytes every time, and nothing but our own words."""
