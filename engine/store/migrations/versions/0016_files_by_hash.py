"""which rows name a file is asked by its hash"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_index("ix_document_files_file_hash", "document_files", ["file_hash"])
    op.create_index("ix_document_files_number", "document_files", ["number"])


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
