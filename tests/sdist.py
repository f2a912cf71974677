"""The command ``sdist`` with the files outside the package: a source distribution contains its own tests."""

from setuptools.command.sdist import sdist


class CompleteSdist(sdist):
    """Add the files that setuptools leaves out without a ``MANIFEST.in``, which the project does not have."""

    def make_distribution(self) -> None:
        for folder in (".ci", ".github", "tests"):
            self.filelist.graft(folder)
        self.filelist.append("HISTORY.rst")
        self.filelist.global_exclude("*.py[cod]")
        super().make_distribution()
