"""The file of known failures: where the server differs from its RFC, and the script is right.

One line for each: script, tag of the command, section, reason, with " | " between. The list shall be
empty; a line whose exchange passes must be removed, so that it cannot hide a later mistake.
"""


class Known:
    def __init__(self, path, scripts):
        self._rows = {}
        with open(path) as source:
            for number, line in enumerate(source, 1):
                if not line.strip() or line.startswith("#"):
                    continue
                fields = [field.strip() for field in line.split("|", 3)]
                if len(fields) != 4 or not all(fields) or fields[0] not in scripts:
                    raise ValueError(f"{path}:{number}: a line is script | tag | section | reason")
                self._rows.setdefault(fields[0], set()).add(fields[1])

    def sort(self, script, differences):
        """(those that are not known, the tags of those that are)"""
        rows = self._rows.get(script, set())
        fresh, expected = [], set()
        for difference in differences:
            tags = rows & set(difference.tags)
            expected |= tags
            if not tags:
                fresh.append(difference)
        return fresh, expected

    def unseen(self, script, expected):
        return sorted(self._rows.get(script, set()) - expected)
