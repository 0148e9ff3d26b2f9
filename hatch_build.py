"""Compiles the decoder's kernel when caldframe is built or installed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DECODE = Path(__file__).parent / "caldframe" / "decode"
LIBRARY = DECODE / ("_kernel.dll" if sys.platform == "win32" else "_kernel.so")
COMPILERS = ("cc", "gcc", "clang")
OPTIONS = ("-O3", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden")


class CompileKernel(BuildHookInterface[Any]):
    """Put the compiled kernel into a wheel, and beside its source for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile; without a compiler the wheel is one of Python alone, which decodes slowly."""
        if not compile_kernel():
            self.app.display_warning("Without a C compiler caldframe decodes slowly. Set CC to one.")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["artifacts"].append(f"caldframe/decode/{LIBRARY.name}")


def compile_kernel() -> bool:
    """Compile the kernel with the first compiler that works.

    Returns
    -------
    bool
        Whether one did.
    """
    # Written beside and moved, for another process may be loading the one that is there.
    unfinished = LIBRARY.with_name(f".{LIBRARY.name}")
    for compiler in [os.environ["CC"]] if "CC" in os.environ else COMPILERS:
        command = [*shlex.split(compiler), *OPTIONS, "-o", str(unfinished), str(DECODE / "kernel.c")]
        try:
            subprocess.run(command, check=True)  # noqa: S603 - the compiler that the user chose
        except (OSError, subprocess.CalledProcessError):
            continue
        unfinished.replace(LIBRARY)
        return True
    LIBRARY.unlink(missing_ok=True)
    return False
