"""One module per family of formats; each has `parse(content, hints) -> Parsed`. Only the reader's process runs them."""
