"""Small networks that look at a picture and say how badly it is damaged."""
