"""Why the embedded PostgreSQL is refused or does not come up; each sentence says the way out."""

from __future__ import annotations

from engine.errors import ApprovalError


class EmbeddedServerRefused(ApprovalError):
    """Root of all refusals of the embedded server: nothing of the person's was changed."""

    code = "embedded-server-refused"
    status = 500
    zh = "内置数据库无法启动。请设置 DATABASE_URL 使用已有的 PostgreSQL。"
    en = "The embedded database can't be started. Set DATABASE_URL to use a PostgreSQL of yours."


class FolderUnusable(EmbeddedServerRefused):
    """The data folder can't be made or opened. Params: folder, reason."""

    code = "embedded-folder-unusable"
    zh = "无法使用数据目录 {folder}（{reason}）。请用环境变量 ONEWINDOW_DATA 指定一个可写的目录。"
    en = "The data folder {folder} can't be used ({reason}). Set ONEWINDOW_DATA to a folder you can write to."


class FolderOfAnother(EmbeddedServerRefused):
    """The folder belongs to another user. Params: folder, owner (a name or a uid)."""

    code = "embedded-folder-of-another"
    zh = "目录 {folder} 属于用户 {owner}。请以该用户启动，或用 ONEWINDOW_DATA 指定另一个目录。"
    en = "The folder {folder} belongs to {owner}. Start as that user, or set ONEWINDOW_DATA to another folder."


class FolderNotEmpty(EmbeddedServerRefused):
    """The folder holds things that are not ours; making it private would take them from their users. Params: folder."""

    code = "embedded-folder-not-empty"
    zh = "目录 {folder} 中已有其他文件，不会用作数据库目录。请指定一个空目录或新目录。"
    en = "The folder {folder} already holds other files and is not made a database of. Name an empty or a new folder."


class FolderOutOfReach(EmbeddedServerRefused):
    """Started as root, and the system user of the server can't enter the folder. Params: folder, user."""

    code = "embedded-folder-out-of-reach"
    zh = (
        "以 root 启动时数据库以系统用户 {user} 运行，但该用户无法进入 {folder}：某个上级目录不允许其通过。"
        "请把 ONEWINDOW_DATA 设为该用户可到达的目录（例如 /var/lib/onewindow），或改用普通用户启动。"
    )
    en = (
        "Started as root, the database runs as the system user {user}, who can't enter {folder}: a folder above it "
        "does not let others through. Set ONEWINDOW_DATA to a place that user can reach (such as /var/lib/onewindow), "
        "or start as an ordinary user."
    )


class NoSystemUser(EmbeddedServerRefused):
    """Started as root on a machine where no user for the server exists or can be made."""

    code = "embedded-no-system-user"
    zh = "PostgreSQL 不能以 root 运行，且无法创建系统用户 onewindow。请先创建该用户，或改用普通用户启动。"
    en = "PostgreSQL won't run as root and the system user onewindow can't be made. Make it, or start as another user."


class BinariesMissing(EmbeddedServerRefused):
    """The wheel with PostgreSQL's programs is not installed, or they don't run here. Params: reason."""

    code = "embedded-binaries-missing"
    zh = "找不到可运行的内置 PostgreSQL 程序（{reason}）。请重新安装 onewindow，或设置 DATABASE_URL。"
    en = "No embedded PostgreSQL programs that run here ({reason}). Install onewindow again, or set DATABASE_URL."


class PasswordLost(EmbeddedServerRefused):
    """There is a cluster but no password to enter it with. Params: path."""

    code = "embedded-password-lost"
    zh = "数据库目录存在，但密码文件 {path} 丢失。请从备份恢复该文件。"
    en = "The cluster is there but its password file {path} is gone. Put it back from a backup."


class RunsWithoutDurability(EmbeddedServerRefused):
    """Somebody uses this cluster with durability off, and we may not take it from them. Params: folder."""

    code = "embedded-server-not-durable"
    status = 409
    zh = "{folder} 的数据库正以非持久模式（测试）运行且正被使用。请先结束使用它的程序，或换一个目录。"
    en = "The database in {folder} is in use without durability (for tests). End its users, or name another folder."


class ServerDidNotStart(EmbeddedServerRefused):
    """A program of PostgreSQL failed, or the server did not answer in time. Params: log (its last words)."""

    code = "embedded-server-did-not-start"
    zh = "内置数据库未能启动。日志末尾如下，请按其中的原因处理后重试：\n{log}"
    en = "The embedded database did not start. Deal with the cause that its log names at the end and retry:\n{log}"
