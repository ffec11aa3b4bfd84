"""Builds the extension module and puts the engine's library beside it.

OPENHYPER_BUILD_DIR   where tools/build.sh has built libopenhyper.so (default ../build)
"""
import os
import re
import shutil

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUILD = os.path.abspath(os.environ.get("OPENHYPER_BUILD_DIR") or os.path.join(ROOT, "build"))
LIBRARIES = ("libopenhyper.so", "libopenhyper_icu.so")  # the second one is loaded when it is needed and there
SOURCES = ("arrow_in arrow_out cursor decode decode_array encode encode_numeric errors instance interrupt module session values writer "
           "writer_arrow").split()


def version():
    with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as file:
        return re.search(r"version: '([^']+)'", file.read()).group(1)


class BuildWithEngine(build_ext):
    """The libraries go where the extension goes, which finds them by $ORIGIN."""

    def run(self):
        library = os.path.join(BUILD, LIBRARIES[0])
        if not os.path.exists(library):
            raise SystemExit(f"{library} is missing: build it by tools/build.sh, or set OPENHYPER_BUILD_DIR")
        super().run()
        folder = os.path.dirname(os.path.abspath(self.get_ext_fullpath("openhyper._engine")))
        for name in LIBRARIES:
            if os.path.exists(os.path.join(BUILD, name)):
                shutil.copy2(os.path.join(BUILD, name), folder)


setup(
    version=version(),
    ext_modules=[Extension(
        "openhyper._engine",
        sources=[f"ext/{name}.c" for name in SOURCES],
        depends=["ext/arrow.h", "ext/engine.h", "../include/openhyper.h"],
        include_dirs=[os.path.join(ROOT, "include")],
        library_dirs=[BUILD],
        libraries=["openhyper"],
        extra_compile_args=["-std=c17", "-D_GNU_SOURCE", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra",
                            "-Wno-missing-field-initializers"],
        extra_link_args=["-Wl,-rpath,$ORIGIN"],
    )],
    cmdclass={"build_ext": BuildWithEngine},
)
