"""Shows: terminal, HTTP and page."""
