"""Bytes to text: documents of strangers, read in a process of their own."""
