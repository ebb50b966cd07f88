"""The same library on a Milvus server or in a Milvus Lite file, for those who outgrow one folder."""
