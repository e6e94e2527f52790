"""Work that is more than fetching, as pure functions between Graph's answers and ours."""
