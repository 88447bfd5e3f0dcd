"""`onewindow element-templates -o FILE`: our properties panel for the Camunda Modeler, from the one vocabulary. No database."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine.bpmn.element_templates import element_templates
from engine.commands.fix import write
from engine.commands.lint import spoken


def add(commands: Any) -> argparse.ArgumentParser:
    """Register the command."""
    told = "为 Camunda Modeler 生成元素模板 / element templates for the Camunda Modeler"
    parser: argparse.ArgumentParser = commands.add_parser("element-templates", help=told, description=told)
    out = "写到哪里，- 为标准输出 / - is standard output"
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help=out)
    parser.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="语言 / language")
    parser.set_defaults(command=_run, parser=parser)
    return parser


def _run(asked: argparse.Namespace) -> int:
    made = json.dumps(element_templates(asked.lang or spoken()), ensure_ascii=False, indent=2) + "\n"
    if not write(made.encode(), asked.output):
        asked.parser.error(f"不能写入 {asked.output} / {asked.output} can't be written")
    return 0
