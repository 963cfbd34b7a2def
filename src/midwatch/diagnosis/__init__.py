"""What Midwatch knows: an area a folder, pure. An area reads evidence and never sees a client."""
