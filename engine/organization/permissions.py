"""Every permission and every role of the platform, and the one table that says which role may do what.

A permission says what somebody may do at all; whether it may be done *to this case or task* is said by `UseCase`: the
permission that a use case needs and how far it reaches (own department, own region, anywhere). `cases/access.py` asks it
inside the use cases, docs/permissions.md is written from it, and a test tries every cell.
Naming: `<resource>:<action>`, the action's narrower forms with a hyphen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What somebody may do."""

    CASE_SUBMIT = "case:submit"
    CASE_SUBMIT_AS_AGENT = "case:submit-as-agent"  #: for who gave a mandate (代办)
    CASE_ACCEPT = "case:accept"
    CASE_READ = "case:read"  #: a case one has to do with: one's department's, or one's own
    CASE_READ_ANY = "case:read-any"  #: every case of one's region and below
    TASK_READ = "task:read"
    TASK_CLAIM = "task:claim"  #: and to release what one has claimed
    TASK_COMPLETE = "task:complete"
    TASK_COMPLETE_FOR_APPLICANT = (
        "task:complete-for-applicant"  #: an applicant's task, at the window or by a front office
    )
    MATERIAL_ADD = "material:add"  #: to a case of one's own, or at the window
    MATERIAL_REVIEW = "material:review"  #: for a department that has to do with the case
    DOCUMENT_SEAL = "document:seal"  #: to record that a document was printed and stamped
    DOCUMENT_DELIVER = "document:deliver"  #: to record that a document was handed over or posted
    LIMIT_MOVE = "limit:move"  #: special procedures of one's tasks, and to ask for extensions
    EXTENSION_APPROVE = "extension:approve"  #: as the head of the department
    DEFINITION_READ = "definition:read"
    DEFINITION_WRITE = "definition:write"
    DEFINITION_PUBLISH = "definition:publish"
    APPLICANT_CONFIRM = "applicant:confirm"  #: an account's identity, by the paper that was shown
    APPLICANT_RESET = "applicant:reset"  #: hand out the code for a new password, by the paper that was shown
    DOCUMENT_RECEIVE = "document:receive"  #: to sign for what is addressed to oneself
    DRAFT_KEEP = "draft:keep"  #: drafts of one's own applications
    MANDATE_READ = "mandate:read"
    MANDATE_WRITE = "mandate:write"  #: record and end mandates
    CATALOGUE_READ = "catalogue:read"  #: drafts, versions, drift
    CATALOGUE_WRITE = "catalogue:write"  #: drafts of regions' implementations, files of items
    CATALOGUE_PUBLISH = "catalogue:publish"
    CLIENT_MANAGE = "client:manage"  #: the clients of front offices, and whom they may act for
    EVENT_READ = "event:read"  #: the event feed: of what one submitted
    EVENT_READ_ANY = "event:read-any"  #: the event feed of one's region and below
    DEPARTMENT_WATCH = "department:watch"  #: what of one's departments is open and late, by officer
    CARD_READ = "card:read"  #: cards of one's departments; with case:read-any, of one's region and below
    CARD_ANSWER = "card:answer"  #: acknowledge and explain what was opened against one's department
    LIGHT_READ = "light:read"  #: the lights of one's region and below
    CALENDAR_IMPORT = "calendar:import"  #: holiday notices, after a preview of what they move
    CREDIT_READ = "credit:read"  #: an applicant's credit record; an agent's by mandate
    CREDIT_OBJECT = "credit:object"  #: hand in an objection against a record
    CREDIT_WRITE = "credit:write"  #: record, repair, stay, settle
    WEBHOOK_MANAGE = "webhook:manage"  #: one's own subscriptions to events
    VERIFICATION_READ = "verification:read"  #: checks after a decision, of one's cases
    VERIFICATION_RECORD = "verification:record"  #: what a check found
    REVOCATION_OPEN = "revocation:open"  #: proceedings to take a permit away, disputes and stays
    INCIDENT_READ = "incident:read"
    INCIDENT_RETRY = "incident:retry"
    ORGANIZATION_READ = "organization:read"
    ORGANIZATION_WRITE = "organization:write"


class Role(StrEnum):
    """What somebody is on the platform; an officer may have several."""

    WINDOW_CLERK = "window_clerk"
    OFFICER = "officer"
    DEPARTMENT_HEAD = "department_head"
    DESIGNER = "designer"
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    FRONT_OFFICE_SYSTEM = "front_office_system"
    AGENT = "agent"  #: 代办员: acts for who gave a mandate


_DESK = frozenset(
    {
        Permission.CARD_READ,
        Permission.CARD_ANSWER,
        Permission.CASE_READ,
        Permission.TASK_READ,
        Permission.TASK_CLAIM,
        Permission.TASK_COMPLETE,
        Permission.MATERIAL_REVIEW,
        Permission.LIMIT_MOVE,
        Permission.VERIFICATION_READ,
        Permission.VERIFICATION_RECORD,
        Permission.REVOCATION_OPEN,
    }
)
_WINDOW = frozenset(
    {
        Permission.CASE_SUBMIT,
        Permission.CASE_ACCEPT,
        Permission.TASK_COMPLETE_FOR_APPLICANT,
        Permission.MATERIAL_ADD,
        Permission.DOCUMENT_SEAL,
        Permission.DOCUMENT_DELIVER,
        Permission.CREDIT_READ,
        Permission.CREDIT_OBJECT,
        Permission.APPLICANT_CONFIRM,
        Permission.APPLICANT_RESET,
    }
)
_MANDATES = frozenset({Permission.MANDATE_READ, Permission.MANDATE_WRITE})
_AGENT = _MANDATES | {
    Permission.CASE_SUBMIT,
    Permission.CASE_SUBMIT_AS_AGENT,
    Permission.CASE_READ,
    Permission.TASK_READ,
    Permission.TASK_COMPLETE_FOR_APPLICANT,
    Permission.MATERIAL_ADD,
    Permission.CREDIT_READ,
    Permission.CREDIT_OBJECT,
}
_FRONT_OFFICE = frozenset(
    {
        Permission.CASE_SUBMIT,
        Permission.CASE_READ,
        Permission.TASK_READ,
        Permission.TASK_COMPLETE_FOR_APPLICANT,
        Permission.EVENT_READ,
        Permission.MATERIAL_ADD,
        Permission.WEBHOOK_MANAGE,
        Permission.CREDIT_READ,
    }
)
_DESIGN = frozenset({Permission.DEFINITION_READ, Permission.DEFINITION_WRITE, Permission.DEFINITION_PUBLISH})
_CATALOGUE = frozenset({Permission.CATALOGUE_READ, Permission.CATALOGUE_WRITE, Permission.CATALOGUE_PUBLISH})
_INCIDENTS = frozenset({Permission.INCIDENT_READ, Permission.INCIDENT_RETRY})
_ORGANIZATION = frozenset({Permission.ORGANIZATION_READ, Permission.ORGANIZATION_WRITE})
_WATCH = frozenset(
    {
        Permission.CASE_READ,
        Permission.CASE_READ_ANY,
        Permission.TASK_READ,
        Permission.INCIDENT_READ,
        Permission.EVENT_READ,
        Permission.EVENT_READ_ANY,
        Permission.DEPARTMENT_WATCH,
        Permission.CATALOGUE_READ,
        Permission.CARD_READ,
        Permission.LIGHT_READ,
        Permission.CREDIT_READ,
        Permission.VERIFICATION_READ,
    }
)

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.WINDOW_CLERK: _DESK | _WINDOW | _MANDATES,
        Role.AGENT: _AGENT,
        Role.OFFICER: _DESK,
        Role.DEPARTMENT_HEAD: _DESK
        | {Permission.INCIDENT_READ, Permission.DEPARTMENT_WATCH, Permission.EXTENSION_APPROVE}
        | {Permission.CREDIT_READ, Permission.CREDIT_WRITE},
        Role.DESIGNER: _DESIGN | {Permission.ORGANIZATION_READ, Permission.CATALOGUE_READ},
        Role.ADMINISTRATOR: _ORGANIZATION
        | _CATALOGUE
        | _INCIDENTS
        | {Permission.DEFINITION_READ, Permission.EVENT_READ, Permission.EVENT_READ_ANY, Permission.CLIENT_MANAGE}
        | {Permission.CALENDAR_IMPORT},
        Role.SUPERVISOR: _WATCH,
        Role.FRONT_OFFICE_SYSTEM: _FRONT_OFFICE,
    }
)

#: What an applicant may do, with his own cases and the tasks that wait for him.
APPLICANT_PERMISSIONS = frozenset(
    {
        Permission.CASE_SUBMIT,
        Permission.CASE_READ,
        Permission.TASK_READ,
        Permission.TASK_COMPLETE,
        Permission.MATERIAL_ADD,
        Permission.CREDIT_READ,
        Permission.CREDIT_OBJECT,
        Permission.DRAFT_KEEP,
        Permission.DOCUMENT_RECEIVE,
    }
)

#: Roles that handle cases. Who supervises must not hold one of them: nobody watches over himself.
HANDLING_ROLES = frozenset(
    {Role.WINDOW_CLERK, Role.OFFICER, Role.DEPARTMENT_HEAD, Role.FRONT_OFFICE_SYSTEM, Role.AGENT}
)


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that the roles together allow."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


def roles_conflict(roles: Iterable[Role]) -> bool:
    """Whether the roles may not be held by one person: supervisor together with any handling role."""
    held = frozenset(roles)
    return Role.SUPERVISOR in held and bool(held & HANDLING_ROLES)


class Place(StrEnum):
    """Where a thing lies, seen from who acts."""

    OWN = "own"  #: of one's department, naming oneself, or (a front office's) submitted by oneself
    OTHER_DEPARTMENT = "other-department"  #: of one's region, but of another department
    OTHER_REGION = "other-region"  #: of a region that is neither one's own nor, for who watches over regions, below it


class Verdict(StrEnum):
    """What comes of an attempt."""

    ALLOWED = "allowed"
    FORBIDDEN = "403"  #: one may know that it exists
    HIDDEN = "404"  #: the same answer as for what does not exist; lists leave it out


_YES, _NO, _HIDDEN = Verdict.ALLOWED, Verdict.FORBIDDEN, Verdict.HIDDEN
_Row = tuple[Verdict, Verdict, Verdict]  #: by Place, in its order


class Scope(Enum):
    """How far a permission reaches: the verdicts by `Place` for who has it, and for who does not.

    Who lacks the permission is told so before anything is looked up, but for tasks, where the place is asked first.
    """

    PLATFORM = ((_YES, _YES, _YES), (_NO, _NO, _NO))  #: what belongs to no department
    REGION = ((_YES, _YES, _HIDDEN), (_NO, _NO, _NO))  #: one's region (and, for who watches or manages, those below)
    INVOLVED = ((_YES, _HIDDEN, _HIDDEN), (_NO, _NO, _NO))  #: a case that one has to do with
    TASK = ((_YES, _NO, _HIDDEN), (_NO, _NO, _HIDDEN))  #: a task of one's department

    @property
    def held(self) -> _Row:
        """The verdicts for who has the permission."""
        return self.value[0]

    @property
    def lacking(self) -> _Row:
        """The verdicts for who has it not."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a use case needs: a permission, how far it reaches, and whose reach is the whole region all the same."""

    zh: str
    en: str
    permission: Permission
    scope: Scope
    whole_region: frozenset[Permission] = frozenset()


_WATCHED = frozenset({Permission.CASE_READ_ANY})
_SEEN = _WATCHED | {Permission.CASE_ACCEPT}


class UseCase(Enum):
    """The matrix, a line a use case: everything that people and their programs can do once they are logged in."""

    CASE_SUBMIT = Rule("收件", "submit an application", Permission.CASE_SUBMIT, Scope.PLATFORM)
    CASE_ACCEPT = Rule("受理", "answer an application at the window", Permission.CASE_ACCEPT, Scope.TASK)
    CASE_LIST = Rule("办件列表", "list cases", Permission.CASE_READ, Scope.INVOLVED, _SEEN)
    CASE_READ = Rule("查看办件", "look at a case", Permission.CASE_READ, Scope.INVOLVED, _SEEN)
    CASE_RECEIPT = Rule(
        "打印收件回执（含查询码）",
        "print the receipt, with the query code",
        Permission.CASE_SUBMIT,
        Scope.INVOLVED,
        frozenset({Permission.CASE_ACCEPT}),
    )
    APPLICANT_CONFIRM = Rule(
        "核验申请人身份", "confirm an applicant's identity", Permission.APPLICANT_CONFIRM, Scope.PLATFORM
    )
    APPLICANT_RESET = Rule(
        "发放口令重置码",
        "hand an applicant the code for a new password",
        Permission.APPLICANT_RESET,
        Scope.PLATFORM,
    )
    DRAFT_KEEP = Rule(
        "在线填报（申请人本人）",
        "keep and submit drafts: applicants, of their own",
        Permission.DRAFT_KEEP,
        Scope.INVOLVED,
    )
    MANDATE_RECORD = Rule("登记委托", "record a mandate", Permission.MANDATE_WRITE, Scope.PLATFORM)
    MANDATE_LIST = Rule(
        "委托列表", "list mandates", Permission.MANDATE_READ, Scope.INVOLVED, frozenset({Permission.CASE_ACCEPT})
    )
    MANDATE_SCAN = Rule(
        "上传委托书扫描件",
        "add the scan of a mandate's paper",
        Permission.MANDATE_WRITE,
        Scope.INVOLVED,
        frozenset({Permission.CASE_ACCEPT}),
    )
    MANDATE_REVOKE = Rule(
        "撤销委托", "end a mandate", Permission.MANDATE_WRITE, Scope.INVOLVED, frozenset({Permission.CASE_ACCEPT})
    )
    CASE_SUPPLEMENT = Rule(
        "补正", "bring what was asked for", Permission.CASE_SUBMIT, Scope.INVOLVED, frozenset({Permission.CASE_ACCEPT})
    )
    CASE_WITHDRAW = Rule(
        "撤回", "withdraw an application", Permission.CASE_SUBMIT, Scope.INVOLVED, frozenset({Permission.CASE_ACCEPT})
    )
    TASK_LIST = Rule("待办列表", "list one's tasks", Permission.TASK_READ, Scope.INVOLVED)
    TASK_READ = Rule("查看环节", "look at a task", Permission.TASK_READ, Scope.TASK, _WATCHED)
    TASK_CLAIM = Rule("领办、退领", "claim and release a task", Permission.TASK_CLAIM, Scope.TASK)
    TASK_COMPLETE = Rule("办理", "complete a task", Permission.TASK_COMPLETE, Scope.TASK)
    TASK_RETURN = Rule("退回", "return a task to one before it", Permission.TASK_COMPLETE, Scope.TASK)
    TASK_COMPLETE_FOR_APPLICANT = Rule(
        "代申请人办理环节",
        "complete an applicant's task",
        Permission.TASK_COMPLETE_FOR_APPLICANT,
        Scope.TASK,
        frozenset({Permission.CASE_ACCEPT}),
    )
    MATERIAL_ADD = Rule(
        "交材料",
        "hand a material in",
        Permission.MATERIAL_ADD,
        Scope.INVOLVED,
        frozenset({Permission.CASE_ACCEPT}),
    )
    MATERIAL_REVIEW = Rule("审材料", "approve or reject a material", Permission.MATERIAL_REVIEW, Scope.INVOLVED)
    VERIFICATION_LIST = Rule(
        "核验列表", "list checks after decisions", Permission.VERIFICATION_READ, Scope.INVOLVED, _SEEN
    )
    VERIFICATION_RESULT = Rule("录入核验结果", "record what a check found", Permission.VERIFICATION_RECORD, Scope.TASK)
    RECTIFICATION_SUPPLY = Rule(
        "提交整改",
        "supply a rectification",
        Permission.CASE_SUBMIT,
        Scope.INVOLVED,
        frozenset({Permission.CASE_ACCEPT}),
    )
    REVOCATION_OPEN = Rule(
        "启动撤销程序", "begin proceedings to revoke a permit", Permission.REVOCATION_OPEN, Scope.INVOLVED
    )
    DEFENCE_STATE = Rule(
        "陈述、申辩", "state a defence", Permission.CASE_SUBMIT, Scope.INVOLVED, frozenset({Permission.CASE_ACCEPT})
    )
    STAY_RECORD = Rule("登记异议、停止执行", "record a dispute or a stay", Permission.REVOCATION_OPEN, Scope.INVOLVED)
    DEPENDANTS_READ = Rule(
        "查看依赖许可的办件", "see the cases that used a permit", Permission.VERIFICATION_READ, Scope.INVOLVED, _WATCHED
    )
    DOCUMENT_SEAL = Rule(
        "盖章登记",
        "record that a document was stamped",
        Permission.DOCUMENT_SEAL,
        Scope.INVOLVED,
        frozenset({Permission.CASE_ACCEPT}),
    )
    DOCUMENT_DELIVER = Rule(
        "送达登记",
        "record that a document was delivered",
        Permission.DOCUMENT_DELIVER,
        Scope.INVOLVED,
        frozenset({Permission.CASE_ACCEPT}),
    )
    DOCUMENT_RECEIVE = Rule(
        "网上签收（申请人本人）",
        "sign for a document: applicants, of their own",
        Permission.DOCUMENT_RECEIVE,
        Scope.INVOLVED,
    )
    SPECIAL_PROCEDURE = Rule("特别程序", "start and end a special procedure", Permission.LIMIT_MOVE, Scope.TASK)
    EXTENSION_ASK = Rule("申请延长期限", "ask for an extension", Permission.LIMIT_MOVE, Scope.TASK)
    EXTENSION_DECIDE = Rule("审批延长期限", "approve or reject an extension", Permission.EXTENSION_APPROVE, Scope.TASK)
    DEPARTMENT_WATCH = Rule(
        "部门在办与超期", "see what is open and late in a department", Permission.DEPARTMENT_WATCH, Scope.INVOLVED
    )
    EVENT_READ = Rule(
        "事件流", "follow events", Permission.EVENT_READ, Scope.INVOLVED, frozenset({Permission.EVENT_READ_ANY})
    )
    WEBHOOK_MANAGE = Rule("管理推送订阅", "manage one's webhooks", Permission.WEBHOOK_MANAGE, Scope.INVOLVED)
    INCIDENT_READ = Rule("查看故障事件", "list incidents", Permission.INCIDENT_READ, Scope.REGION)
    INCIDENT_RETRY = Rule("重试故障事件", "retry an incident", Permission.INCIDENT_RETRY, Scope.REGION)
    DIAGRAM_CHECK = Rule(
        "检查、修补、转换流程图", "check, mend and convert diagrams", Permission.DEFINITION_READ, Scope.PLATFORM
    )
    DEFINITION_STORE = Rule("保存流程草稿", "store a diagram as a draft", Permission.DEFINITION_WRITE, Scope.PLATFORM)
    ITEM_STORE = Rule(
        "保存事项及其流程", "store a service item with its diagram", Permission.ORGANIZATION_WRITE, Scope.PLATFORM
    )
    DEFINITION_REHEARSE = Rule("试运行流程", "play a dry run", Permission.DEFINITION_WRITE, Scope.PLATFORM)
    DEFINITION_REVIEW = Rule(
        "审核流程草稿", "review somebody else's draft", Permission.DEFINITION_PUBLISH, Scope.PLATFORM
    )
    DEFINITION_READ = Rule("查看流程", "look at diagrams and their history", Permission.DEFINITION_READ, Scope.PLATFORM)
    DEFINITION_PUBLISH = Rule("发布流程", "publish a diagram", Permission.DEFINITION_PUBLISH, Scope.PLATFORM)
    CATALOGUE_READ = Rule(
        "查看目录草稿、版本与差异",
        "see drafts, versions and drift of the catalogue",
        Permission.CATALOGUE_READ,
        Scope.PLATFORM,
    )
    ITEM_PUBLISH = Rule(
        "发布、变更、拆分、合并、暂停、取消事项",
        "publish, change, split, merge, suspend and cancel items",
        Permission.CATALOGUE_PUBLISH,
        Scope.PLATFORM,
    )
    IMPLEMENTATION_STORE = Rule(
        "保存地区实施清单", "store a region's implementation", Permission.CATALOGUE_WRITE, Scope.REGION
    )
    IMPLEMENTATION_PUBLISH = Rule(
        "发布地区实施清单", "publish a region's implementation", Permission.CATALOGUE_PUBLISH, Scope.REGION
    )
    POWER_LIST_PUBLISH = Rule(
        "公布部门权力清单", "publish a department's power list", Permission.CATALOGUE_PUBLISH, Scope.REGION
    )
    CLIENT_MANAGE = Rule("管理客户端", "manage clients of front offices", Permission.CLIENT_MANAGE, Scope.REGION)

    CARD_READ = Rule("查看黄牌、红牌", "list cards", Permission.CARD_READ, Scope.INVOLVED, _WATCHED)
    CARD_ANSWER = Rule("签收、说明黄牌、红牌", "acknowledge and explain a card", Permission.CARD_ANSWER, Scope.TASK)
    COMMITMENT_SIGN = Rule(
        "签署承诺", "sign a promise", Permission.CASE_SUBMIT, Scope.INVOLVED, frozenset({Permission.CASE_ACCEPT})
    )
    COMMITMENT_WITHDRAW = Rule(
        "撤回承诺", "withdraw a promise", Permission.CASE_SUBMIT, Scope.INVOLVED, frozenset({Permission.CASE_ACCEPT})
    )
    CREDIT_READ = Rule(
        "查看信用记录、先信资格", "see credit records and which ways are open", Permission.CREDIT_READ, Scope.PLATFORM
    )
    CREDIT_OBJECT = Rule(
        "登记信用异议", "hand in an objection to a credit record", Permission.CREDIT_OBJECT, Scope.PLATFORM
    )
    CREDIT_RECORD = Rule("登记信用记录", "put on credit record", Permission.CREDIT_WRITE, Scope.PLATFORM)
    CREDIT_DECIDE = Rule(
        "信用修复、暂缓执行、异议处理", "repair, stay and settle credit records", Permission.CREDIT_WRITE, Scope.REGION
    )
    LIGHT_READ = Rule("查看红绿灯", "count lights", Permission.LIGHT_READ, Scope.REGION)
    CALENDAR_IMPORT = Rule("导入放假通知", "import a holiday notice", Permission.CALENDAR_IMPORT, Scope.REGION)

    @property
    def label(self) -> str:
        """The name of the use case in documents and answers."""
        return self.name.lower().replace("_", "-")


def verdict(use: UseCase, held: frozenset[Permission], place: Place) -> Verdict:
    """What comes of an attempt at a thing that lies there, by who has these permissions."""
    rule: Rule = use.value
    scope = Scope.REGION if rule.whole_region & held and rule.scope is not Scope.PLATFORM else rule.scope
    if rule.permission not in held:
        return rule.scope.lacking[list(Place).index(place)]
    return scope.held[list(Place).index(place)]
