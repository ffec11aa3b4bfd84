"""Builds the extension module and puts the engine's library beside it, with what that needs.

OPENHYPER_BUILD_DIR   where libopenhyper.so has been built (default ../build). Where there is none, it is built here, which
                      needs meson, ninja, a C compiler and the engine's libraries with their headers (tools/bootstrap.sh).
"""
import glob
import os
import platform
import re
import shutil
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = os.path.dirname(os.path.abspath(__file__))
IN_SDIST = os.path.isdir(os.path.join(HERE, "engine"))
ROOT = os.path.join(HERE, "engine") if IN_SDIST else os.path.dirname(HERE)
BUILD = os.path.abspath(os.environ.get("OPENHYPER_BUILD_DIR") or os.path.join(ROOT, "build"))
LIBRARIES = ("libopenhyper.so", "libopenhyper_icu.so")  # the second one is loaded when it is needed and there
BUNDLED = ("liblz4", "libzstd", "libutf8proc", "libpcre2-8", "libz")  # not every system has them
# What of the checkout a source distribution needs: meson looks at all of it, but builds the library only.
ENGINE = ("meson.build", "meson_options.txt", "LICENSE", "include", "src", "examples", "tests/unit", "tests/crash",
          "tests/sql/runner")
SOURCES = ("arrow_in arrow_out cursor datetime_parts decode decode_array encode encode_numeric errors instance interrupt "
           "module session values writer writer_arrow").split()


def version():
    with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as file:
        return re.search(r"version: '([^']+)'", file.read()).group(1)


def is_engine_built():
    return os.path.exists(os.path.join(BUILD, LIBRARIES[0]))


def build_engine():
    subprocess.run(["meson", "setup", BUILD, ROOT, "--buildtype=release", "-Dunit_tests=false"], check=True)
    subprocess.run(["ninja", "-C", BUILD, LIBRARIES[0]], check=True)
    subprocess.run(["ninja", "-C", BUILD, LIBRARIES[1]], check=False)  # without ICU there is none


def needed_libraries(library):
    """Paths of those libraries that go into the package."""
    listed = subprocess.run(["ldd", library], check=True, capture_output=True, text=True).stdout
    for name, path in re.findall(r"(\S+) => (\S+)", listed):
        if name.split(".so")[0] in BUNDLED:
            yield name, path


class BuildWithEngine(build_ext):
    """The libraries go where the extension goes, which finds them by $ORIGIN."""

    def run(self):
        if not is_engine_built():
            build_engine()
        module = os.path.abspath(self.get_ext_fullpath("openhyper._engine"))
        folder = os.path.dirname(module)
        for stale in glob.glob(os.path.join(folder, "_engine.*.so")):  # of an earlier build, which Python may prefer
            if stale != module:
                os.remove(stale)
        super().run()
        for name in LIBRARIES:
            if os.path.exists(os.path.join(BUILD, name)):
                shutil.copy2(os.path.join(BUILD, name), folder)
        for name, path in needed_libraries(os.path.join(BUILD, LIBRARIES[0])):
            shutil.copy2(path, os.path.join(folder, name))


class SourceWithEngine(sdist):
    """The engine's sources go into the folder `engine`."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        for name in ENGINE:
            source, target = os.path.join(ROOT, name), os.path.join(base_dir, "engine", name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.isdir(source):
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "build*"))
            else:
                shutil.copy2(source, target)


def wheel_options():
    """One wheel for all versions of Python from 3.11 on, and for systems whose C library is not older than this one's."""
    libc, libc_version = platform.libc_ver()
    options = {"py_limited_api": "cp311"}
    if libc == "glibc":
        options["plat_name"] = f"manylinux_{libc_version.replace('.', '_')}_{platform.machine()}"
    return options


setup(
    version=version(),
    ext_modules=[Extension(
        "openhyper._engine",
        sources=[f"ext/{name}.c" for name in SOURCES],
        include_dirs=[os.path.join(ROOT, "include")],
        depends=["ext/arrow.h", "ext/engine.h"],
        library_dirs=[BUILD],
        libraries=["openhyper"],
        extra_compile_args=["-std=c17", "-D_GNU_SOURCE", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra",
                            "-Wno-missing-field-initializers"],
        # The old kind of path: it also holds for what the engine's library needs.
        extra_link_args=["-Wl,--disable-new-dtags,-rpath,$ORIGIN"],
        py_limited_api=True,  # ext/engine.h says from which version on
    )],
    options={"bdist_wheel": wheel_options()},
    setup_requires=[] if is_engine_built() or shutil.which("meson") else ["meson>=1.0", "ninja"],
    cmdclass={"build_ext": BuildWithEngine, "sdist": SourceWithEngine},
)
