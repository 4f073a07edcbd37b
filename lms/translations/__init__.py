"""Catalogues of the product's strings: zh, ru and he beside the English in the source."""
