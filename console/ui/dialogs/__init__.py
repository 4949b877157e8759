"""The dialogs in which a decision is made."""
