"""From a scenario and the user's own measurements to the answer: price, floors, odds, in words."""
