"""Made below."""
def make(context):
    return []
