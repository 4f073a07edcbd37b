"""The demo company: Northfold Outfitters and its invented people, with a history up to today.

Only the demo command fills it in; a company made by `lms init` has none of this.
"""
