"""What decoding costs, measured beside other libraries."""
