"""The workshop around the designer: what is stored and published, a file judged and mended without drawing, the dry run."""
