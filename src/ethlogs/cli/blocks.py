import click
@click.command()
def logs(): pass
@click.command()
def transactions(): pass
