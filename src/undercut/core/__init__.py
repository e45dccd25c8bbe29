"""The nouns and the rules: types, specs, plug-ins, errors."""
