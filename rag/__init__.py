"""Answers: from a question to a verified, cited answer."""
