r"""A small part."""
