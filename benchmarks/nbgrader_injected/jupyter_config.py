"""Puts this engine behind nbgrader wherever JUPYTER_CONFIG_PATH holds this folder; see `make nbgrader-tests`."""

from coursegrader.nbgrader_traits import configure

c = get_config()  # noqa: F821
configure(c)
