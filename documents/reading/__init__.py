"""Reading foreign files safely: which are taken in (`policy`), virus check (`scan`), their text (`reader`).

Foreign files are hostile. Their parsers run only in a child process (`sandbox`), never in the web process
or the worker.
"""
