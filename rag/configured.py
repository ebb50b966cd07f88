"""The pipeline that the environment asks for."""

import os
from collections.abc import Mapping

from index.library import Library
from rag.generative import Generative
from rag.pipeline import Pipeline
from rag.rewrite import Rewriter
from rag.settings import endpoint, unsupported


def configured(library: Library, environ: Mapping[str, str] = os.environ) -> Pipeline:
    """A pipeline that answers by the language model the environment names (`rag.settings`), else by quoting.

    EndpointError when the environment is set wrongly; the service itself is not asked yet.
    """
    service = endpoint(environ)
    if service is None:
        return Pipeline(library)
    return Pipeline(
        library, generator=Generative(service), rewriter=Rewriter(service), unsupported=unsupported(environ)
    )
