"""Everything this program refuses, in one tree.

YindeError              the one class a face catches and shows as a message
├── LoadError           a file that cannot be read, with the reason
├── ModelError          a model that cannot be prepared or loaded
├── LibraryError        a library folder that cannot be opened, written or matched with the model
│   └── BusyError       another writer is at work
├── NotFoundError       an id or folder that does not exist
├── QueryError          a query that cannot be answered as put
└── EndpointError       a language model's service that is set up wrongly or does not answer

Anything else that escapes is a bug and keeps its traceback. Messages are in Chinese, for the person who
reads them: what failed, the value, the cure.
"""


class YindeError(Exception):
    """Base of every error with a message for the user."""


class LoadError(YindeError):
    """A file cannot be read; the message says why and what would help."""


class ModelError(YindeError):
    """An embedding model cannot be prepared, loaded or run."""


class LibraryError(YindeError):
    """A library cannot be opened, written, or used with this model."""


class BusyError(LibraryError):
    """Another program is writing to the library; trying again later helps."""


class NotFoundError(YindeError):
    """No passage, document or folder has this name."""


class QueryError(YindeError):
    """A query or question cannot be answered as it was put."""


class EndpointError(YindeError):
    """A language model's service is set up wrongly or does not answer; the message never holds its key."""
