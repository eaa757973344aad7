"""The body driver: a skin mesh that is posed as the driver is, in the photo's own colours."""
