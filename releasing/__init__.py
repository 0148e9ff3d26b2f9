"""What becomes of the source on its way to those who install it: built, looked into, installed, audited."""
