"""The command ``sdist``, which adds the files outside the package: a source distribution carries its own tests."""

from setuptools.command.sdist import sdist


class CompleteSdist(sdist):
    """Add what setuptools leaves out without a ``MANIFEST.in``, which the top level has no place for."""

    def make_distribution(self) -> None:
        for folder in (".ci", ".github", "tests"):
            self.filelist.graft(folder)
        self.filelist.append("HISTORY.rst")
        self.filelist.global_exclude("*.py[cod]")
        super().make_distribution()
